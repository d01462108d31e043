/** Changes a setting of an interface, in a container too, where /proc/sys is mounted read-only. */

import { type Sysctls, sysctls } from '../../../os/kernel/sysctl.js';
import type { InterfaceTable } from '../../../os/netlink/interface-table.js';
import type { RouteSocket } from '../../../os/netlink/route-socket.js';
import { linkSetting } from '../../../wire/netlink/link.js';

export const interfaceSysctls = (interfaces: InterfaceTable, routes: Pick<RouteSocket, 'changeLink'>): Sysctls => ({
  read: sysctls.read,
  write(name, value) {
    const refused = sysctls.write(name, value);
    const known = refused === 'EROFS' ? linkSetting(name) : null;
    const index = known === null ? undefined : interfaces.byName(known.link)?.index;
    if (known === null || index === undefined) return refused;
    return routes.changeLink({ op: 'set', index, setting: known.setting, value });
  },
});
