/** An HTTP server that says who answered: `named-server.js ADDRESS PORT NAME`. */
import { createServer } from 'node:http';

const [address = '', port = '', name = ''] = process.argv.slice(2);
createServer((_request, response) => {
  response.setHeader('connection', 'close');
  response.end(name);
}).listen(Number(port), address, () => process.stdout.write('listening\n'));
