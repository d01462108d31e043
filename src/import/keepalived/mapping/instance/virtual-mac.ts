/** use_vmac and vmac_xmit_base of a vrrp_instance. */
import type { Instance } from '../../../document.js';
import type { Statement } from '../../language/blocks.js';
import type { Fields } from '../fields.js';
import type { Import } from '../import.js';

const OWNER_PRIORITY = 255;
const MAC = /^(?:[0-9a-f]{1,2}:){5}[0-9a-f]{1,2}$/iu;
const INTERFACE = /^(?!\.{1,2}$)[^\s/:]{1,15}$/u;

export function virtualMac(work: Import, instance: Instance, fields: Fields): void {
  const use = fields.one('use_vmac');
  const byBase = fields.one('vmac_xmit_base');
  if (use === undefined) {
    if (byBase !== undefined) work.leaveOut(byBase, 'without use_vmac it has no effect');
    return;
  }
  if (instance.priority === OWNER_PRIORITY) {
    work.leaveOut(use, 'the owner (priority 255) has its addresses on the interface itself');
    if (byBase !== undefined) work.leaveOut(byBase, 'it belongs to use_vmac, which is left out');
    return;
  }
  const name = nameOf(work, use);
  const from = byBase === undefined ? [use] : [use, byBase];
  const given = {
    ...(name === undefined ? {} : { interface: name }),
    ...(byBase === undefined ? {} : { transmit: 'base' as const }),
  };
  work.put(instance, 'vmac', Object.keys(given).length === 0 ? true : given, ...from);
}

/** `use_vmac [NAME] [MAC]`. */
function nameOf(work: Import, use: Statement): string | undefined {
  if (use.words.some((word) => MAC.test(word))) {
    work.otherwise(use, "the MAC address is the virtual router's: 00:00:5e:00:01:VRID, of IPv6 00:00:5e:00:02:VRID");
  }
  const name = use.words.find((word) => !MAC.test(word));
  if (name === undefined || INTERFACE.test(name)) return name;
  work.otherwise(use, `'${name}' is no name of an interface: it has Fulcrum's own`);
  return undefined;
}
