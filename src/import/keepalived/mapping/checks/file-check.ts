/** FILE_CHECK: the number in a track_file as part of a real server's weight. */
import type { CheckOf } from '../../../document.js';
import type { Statement } from '../../language/blocks.js';
import { Fields } from '../fields.js';
import { signedWeight, type TrackFile, weightOf } from '../tracking.js';
import type { Checked } from './plain-check.js';

export function fileCheck({ work, files }: Checked, statement: Statement): readonly CheckOf<'file'>[] {
  const fields = new Fields(work, statement.block ?? []);
  const named = fields.word('track_file');
  const file: TrackFile | undefined = files.get(named.value ?? '');
  if (named.from === undefined || file === undefined) {
    work.leaveOut(statement, `there is no track_file '${named.value ?? ''}', or it was left out`);
    return [];
  }
  const weight = weightOf(work, fields) ?? file.weight;
  if (weight?.weight === 0 && weight.reverse) {
    work.leaveOut(statement, 'a check by a file here fails at any number but 0, and not at 0 (reverse)');
    return [];
  }
  const check: CheckOf<'file'> = { type: 'file', path: file.path };
  work.use(statement);
  work.trace.note(check, 'type', statement);
  work.put(check, 'path', file.path, named.from, file.from);
  work.putOr(check, 'weight', weight === null ? 1 : signedWeight(weight), weight?.from);
  fields.tellRest('FILE_CHECK');
  return [check];
}
