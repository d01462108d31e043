/** What holds for a server of a service, a backend or the sorry server, by the way in which packets reach it. */
import type { ForwardingMode, Tunnel } from '../../../model/config.js';
import { familyOf } from '../../../model/ip-address.js';
import type { Port } from '../../../model/units.js';
import type { Steps } from '../../../schema/report.js';
import type { Draft } from '../../../schema/walk.js';
import { servicePorts } from './places.js';
import { type ServiceDraft, type ServiceScope, serviceFamily } from './scope.js';

type Server = {
  /** `backend`, `sorry server`. */
  readonly what: string;
  readonly address: string | undefined;
  readonly port: Port | undefined;
  /** Undefined where it is wrong. */
  readonly forwarding: ForwardingMode | undefined;
  readonly tunnel: Draft<Omit<Tunnel, 'port'> & { readonly port: number | null }> | null | undefined;
};

/** A backend's own, or its service's. */
export const forwardingOf = (
  service: Pick<ServiceDraft, 'forwarding'>,
  { forwarding }: { readonly forwarding?: ForwardingMode | null | undefined },
): ForwardingMode | undefined => (forwarding === null ? service.forwarding : forwarding);

export const serverRules = (service: ServiceDraft, server: Server, at: Steps, scope: ServiceScope): void => {
  ports(service, server, at, scope);
  family(service, server, at, scope);
  tunnel(server, at, scope);
};

/** `services[0]`. */
const SERVICE_STEPS = 2;

const ports = (service: ServiceDraft, server: Server, at: Steps, { subject, report, driver }: ServiceScope): void => {
  const { what, port, forwarding } = server;
  const written = subject.has([...at, 'port']) || port !== undefined;
  const inherited = subject.has([...at.slice(0, SERVICE_STEPS), 'port']);
  if (!written && !inherited && service.fwmark !== undefined) {
    report.error(
      at,
      `missing: a ${what} of a fwmark service needs a port, or the service one for all (1 to 65535 are allowed)`,
    );
  }
  const isDirect = forwarding === 'dsr' || forwarding === 'tun';
  const allowed = servicePorts(service);
  if (!isDirect || driver?.relays || port === undefined || allowed.length === 0) return;
  if (allowed.length === 1 && port === allowed[0]) return;
  const remedy =
    allowed.length > 1 ? `leave it out: the ${what} has each port of the service` : `only ${allowed[0]} is allowed`;
  report.error([...at, 'port'], `forwarding: ${forwarding} cannot change the port: ${remedy}`);
};

/** A packet gets from one family to the other in a tunnel only; who relays opens a connection of its own. */
const family = (service: ServiceDraft, server: Server, at: Steps, scope: ServiceScope): void => {
  const { report, driver, subject } = scope;
  const { what, address, forwarding } = server;
  const inside = address === undefined ? null : familyOf(address);
  const outside = serviceFamily(service);
  if (inside === null || outside === null || inside === outside) return;
  if (driver?.relays || forwarding === undefined) return;
  if (forwarding === 'tun') {
    if (!subject.document.dataplane?.sync) return;
    report.error([...at, 'address'], 'IPVS joins IPv4 and IPv6 in one service only without dataplane.sync');
    return;
  }
  const names = { ipv4: 'IPv4', ipv6: 'IPv6' };
  report.error(
    [...at, 'address'],
    `an ${names[inside]} ${what} of an ${names[outside]} service needs forwarding: tun, and this is ${forwarding}`,
  );
};

const tunnel = ({ forwarding, tunnel: wrap }: Server, at: Steps, { report }: ServiceScope): void => {
  if (!wrap) return;
  const { type, port } = wrap;
  if (forwarding !== undefined && forwarding !== 'tun') {
    report.error([...at, 'tunnel'], `only forwarding: tun has a tunnel, and this is ${forwarding}`);
  }
  if (type === 'gue' && port === null) {
    report.error([...at, 'tunnel'], 'missing: a gue tunnel needs the port of the other end (1 to 65535 are allowed)');
  }
  if (type !== undefined && type !== 'gue' && port) {
    report.error([...at, 'tunnel', 'port'], `only a gue tunnel has a port, and this is ${type}`);
  }
};
