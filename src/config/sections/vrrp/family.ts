import { type Family, familyOf } from '../../../model/ip-address.js';

type Addresses = {
  readonly addresses?: readonly ({ readonly address?: string | undefined } | undefined)[] | undefined;
  readonly source?: string | null | undefined;
  readonly peers?: readonly (string | undefined)[] | undefined;
};

/** That of an instance's adverts; null where nothing tells. */
export const familyOfInstance = ({ addresses, source, peers }: Addresses): Family | null => {
  // One that is wrong itself has none.
  const first = addresses?.find((each) => each?.address !== undefined);
  const address = first?.address ?? source ?? peers?.[0];
  return address ? familyOf(address) : null;
};
