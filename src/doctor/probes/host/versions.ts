import type { Probe } from '../../finding.js';

/** Of package.json. */
const OLDEST_NODE = [20, 19] as const;

export const versions: Probe = ({ versions: { node } }) => {
  const [major = 0, minor = 0] = node.replace(/^v/, '').split('.').map(Number);
  const [oldest, least] = OLDEST_NODE;
  if (major > oldest || (major === oldest && minor >= least)) return [];
  return [
    {
      severity: 'error',
      what: `Node.js ${node} is older than ${oldest}.${least}`,
      why: 'this version is not tested with it, and lacks what it uses',
      command: 'npm install -g n && n lts',
    },
  ];
};
