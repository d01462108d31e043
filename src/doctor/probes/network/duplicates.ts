import type { Config } from '../../../model/config.js';
import { addressText } from '../../../model/ip-address.js';
import { hardwareText } from '../../../wire/vrrp/announcement.js';
import type { Claim, Facts } from '../../facts.js';
import type { Probe } from '../../finding.js';
import { instancesOf, linkNamed } from '../../needs.js';

/** Addresses of this host, and virtual ones, that somebody else has. */
export const duplicates: Probe = (facts, config) =>
  facts.claims
    .filter((claim) => !isOurs(claim, facts) && !isMasters(claim, facts, config))
    .map(({ interface: link, address, hardware }) => ({
      severity: 'error',
      what: `${address} on ${link} is used by ${hardware}`,
      why: `${isLocal(address, facts) ? 'this host has it too' : 'no master of this virtual router is heard from there'}: clients reach now the one, now the other`,
      command: `ip -o addr show to ${address} | awk '{print $4, "dev", $2}' | xargs -rL1 ip addr del`,
      where: `the host with ${hardware}`,
    }));

const isLocal = (address: string, { links }: Facts): boolean =>
  links.some(({ addresses }) => addresses.some((each) => addressText(each.address) === address));

/** Another interface of this host may answer for it. */
const isOurs = ({ hardware }: Claim, { links }: Facts): boolean =>
  links.some((link) => hardwareText(link.hardware) === hardware);

/** Who sends the adverts of a virtual router has its addresses. */
const isMasters = (claim: Claim, facts: Facts, config: Config | null): boolean =>
  linkNamed(facts, claim.interface) !== null &&
  facts.heard.some((heard) => {
    if (heard.interface !== claim.interface || heard.family !== claim.family) return false;
    if (heard.addresses.includes(claim.address))
      return heard.hardware === claim.hardware || isVirtual(claim.hardware, heard.vrid);
    // Adverts of the Seesaw dialect name no address.
    const instance = instancesOf(config).find(({ vrid, dialect }) => vrid === heard.vrid && dialect === 'seesaw');
    return (
      heard.hardware === claim.hardware && instance?.addresses.some(({ address }) => address === claim.address) === true
    );
  });

/** 00:00:5e:00:01:VRID and 00:00:5e:00:02:VRID (RFC 9568 section 7.3). */
const isVirtual = (hardware: string, vrid: number): boolean =>
  new RegExp(`^00:00:5e:00:0[12]:${vrid.toString(16).padStart(2, '0')}$`).test(hardware);
