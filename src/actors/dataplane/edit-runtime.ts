/** Carries out an edit of the services beside the configuration, and answers when the table has it and the disk knows. */

import { entryOf } from '../../model/dataplane/table.js';
import { CommandError, ConfigError, unplacedIssue } from '../../model/errors.js';
import type { RuntimeEdit } from './calls.js';
import type { Reconciler } from './reconcile/reconciler.js';
import { keyOf, type RuntimeServices } from './runtime-services.js';
import type { Session } from './session.js';

type Plane = Pick<Session, 'writer' | 'driver'>;

/** Rejects with CommandError, or with ConfigError where the driver cannot do what is asked; nothing is changed then. */
export const editRuntime = (
  edit: RuntimeEdit,
  runtime: RuntimeServices,
  plane: () => Plane,
): Promise<{ readonly message: string }> => runtime.inTurn(keyOf(edit), () => carryOut(edit, runtime, plane));

async function carryOut(
  edit: RuntimeEdit,
  runtime: RuntimeServices,
  plane: () => Plane,
): Promise<{ readonly message: string }> {
  const { writer, driver } = plane();
  refuseForeign(edit, runtime, writer);
  const { name, key, service, undo } = runtime.edit(edit);
  const accepted = service === null ? null : driver.accept(entryOf(service));
  if (accepted?.kind === 'refused') {
    undo();
    throw refused(accepted.reason);
  }
  writer.touch(writer.desired.tell(name, service), 0);
  try {
    const failure = await writer.outcomeOf(key);
    if (failure !== null) throw refused(failure);
    // Who was told that it is done may rely on it, whatever kills this process next.
    await runtime.written();
    return { message: `${edit.edit} ${key}` };
  } catch (error) {
    // Another driver may have taken the place of that one meanwhile.
    const { writer: present } = plane();
    present.touch(present.desired.tell(name, undo()), 0);
    throw error;
  }
}

/** What the configuration or another program has is not edited here. */
function refuseForeign(edit: RuntimeEdit, runtime: RuntimeServices, writer: Reconciler): void {
  const key = keyOf(edit);
  const code = edit.edit === 'add-service' ? 'ERR_EXISTS' : 'ERR_CONFLICT';
  const name = writer.desired.entries.get(key)?.service.name ?? null;
  if (runtime.has(key)) return;
  if (name !== null) {
    throw new CommandError(code, `service ${name} (${key}) is in the configuration: change it there`);
  }
  if (writer.holdsForeign(key)) {
    throw new CommandError(code, `service ${key} was made by another program, which manages it`);
  }
}

const refused = (message: string): ConfigError => new ConfigError([unplacedIssue({ message })]);
