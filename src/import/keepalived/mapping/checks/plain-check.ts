/** What the checks of all types have. */
import type { Check } from '../../../document.js';
import type { Context } from '../../keywords.js';
import type { Statement } from '../../language/blocks.js';
import { Fields, integerOf } from '../fields.js';
import type { Import } from '../import.js';
import type { TrackFile } from '../tracking.js';
import { AGAIN, type Again, type Levels, timing } from './timing.js';

/** Blocks that say something for all checks. */
export type Shared = {
  readonly globals: Fields;
  readonly ssl: Fields;
  readonly files: ReadonlyMap<string, TrackFile>;
};

export type Checked = Shared & {
  readonly work: Import;
  /** The real server's block and the virtual server's. */
  readonly levels: Levels;
  readonly address: string;
  /** The real server's line, where the port that it names is not the backend's: its checks go there. */
  readonly apart: Statement | null;
};

const WITHOUT_PORT: readonly Check['type'][] = ['icmp', 'script', 'file', 'smtp'];

/** What every check has; `check` has only its own options yet. */
export function plain<Type extends Check>(
  { work, levels, address, apart }: Checked,
  statement: Statement,
  check: Type,
  context: Context,
  again: Again = AGAIN,
): Type {
  const fields = new Fields(work, statement.block ?? []);
  work.use(statement);
  work.trace.note(check, 'type', statement);
  timing(work, check, [fields, ...levels], again);
  const target: Pick<Check, 'port' | 'source'> = check;
  const port = fields.integer('connect_port', 1, 65_535);
  const other = integerOf(apart?.words[1] ?? '');
  if (port.from !== undefined) work.put(target, 'port', port.value, port.from);
  else if (apart !== null && other !== null && !WITHOUT_PORT.includes(check.type))
    work.put(target, 'port', other, apart);
  const source = fields.word('bindto');
  if (source.from !== undefined) work.put(target, 'source', source.value, source.from);
  const connect = fields.word('connect_ip');
  if (connect.from !== undefined && connect.value !== address) {
    work.leaveOut(connect.from, 'a check here is made to its backend: to ask another address, add a backend for it');
  } else if (connect.from !== undefined) work.trace.note(check, 'type', connect.from);
  if (connect.from !== undefined) work.use(connect.from);
  const alpha = fields.flag('alpha');
  if (alpha.from !== undefined) {
    work.trace.note(check, 'type', alpha.from);
    work.use(alpha.from);
  }
  fields.tellRest(context);
  return check;
}
