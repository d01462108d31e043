/** The mapping carries it over. */
export const READ = true;

/** Keywords of one block, each `READ` or why it is left out. */
export type Words = Readonly<Record<string, typeof READ | string>>;

/** The same for several keywords, with white space between them. */
export const all = (value: typeof READ | string, keywords: string): Words =>
  Object.fromEntries(
    keywords
      .trim()
      .split(/\s+/u)
      .map((keyword) => [keyword, value]),
  );

export const BFD = 'Fulcrum does not speak BFD: a check or a tracked interface finds the failure instead';
export const BURSTS =
  'after a lower advert Fulcrum announces again by itself, and `gratuitous.refresh` is for all interfaces';
export const BUFFERS = 'Fulcrum sizes its buffers by itself';
export const FIREWALL = 'Fulcrum writes no firewall rules';
export const LINK = 'Fulcrum learns the state of a link from the kernel at once';
export const GROUPS = 'adverts go to the groups of the standard, 224.0.0.18 and ff02::12: open them in the firewall';
