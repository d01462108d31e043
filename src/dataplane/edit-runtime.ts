/** Carries out an edit of the services beside the configuration, and answers when the table has it. */
import { CommandError, ConfigError } from '../errors.js';
import type { RuntimeEdit } from '../wire/requests.js';
import type { Driver } from './driver.js';
import type { RuntimeServices } from './runtime-services.js';
import { entryOf, serviceKey } from './table.js';
import type { Writer } from './writer.js';

/** Rejects with CommandError, or with ConfigError where the driver cannot do what is asked; nothing is changed then. */
export async function editRuntime(
  edit: RuntimeEdit,
  runtime: RuntimeServices,
  { writer, driver }: { readonly writer: Writer; readonly driver: Driver },
): Promise<{ readonly message: string }> {
  refuseForeign(edit, runtime, writer);
  const { name, key, service, undo } = runtime.edit(edit);
  const accepted = service === null ? null : driver.accept(entryOf(service));
  if (accepted?.kind === 'refused') {
    undo();
    throw refused(accepted.reason);
  }
  writer.touch(writer.desired.tell(name, service), 0);
  const failure = await writer.outcomeOf(key);
  if (failure === null) return { message: `${edit.edit} ${key}` };
  writer.touch(writer.desired.tell(name, undo()), 0);
  throw refused(failure);
}

/** What the configuration or another program has is not edited here. */
function refuseForeign(edit: RuntimeEdit, runtime: RuntimeServices, writer: Writer): void {
  const key = serviceKey('service' in edit ? edit.service.match : edit.match);
  const name = writer.desired.entries.get(key)?.service.name ?? null;
  if (runtime.has(key)) return;
  if (name !== null) {
    throw new CommandError('ERR_CONFLICT', `service ${name} (${key}) is in the configuration: change it there`);
  }
  if (writer.holds(key)) {
    throw new CommandError('ERR_CONFLICT', `service ${key} was made by another program, which manages it`);
  }
}

const refused = (message: string): ConfigError =>
  new ConfigError([{ file: 'request', line: 0, column: 0, path: '', message }]);
