import { filePath, name } from '../../schema/leaves.js';
import { map } from '../../schema/maps.js';
import { defaultStateDir } from '../environment.js';
import { filledSection } from '../section.js';

const schema = map({
  name: name('a name of a node').optional().describe("How events and logs call this node; default: the host's name"),
  state_dir: filePath()
    .optional()
    .describe('What survives a restart; default: /var/lib/fulcrum, or $XDG_STATE_HOME/fulcrum'),
});

export const node = filledSection(schema.prefault({}).describe('This node'), (document, environment) => ({
  name: document.name ?? environment.hostname,
  state_dir: document.state_dir ?? defaultStateDir(environment),
}));
