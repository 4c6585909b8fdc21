import { queue, ReliableSocket } from 'reliable-socket';
import { byId, input, item, showState } from '../dom.js';

type Chat = { type: 'chat'; from: string; text: string };

const socket = new ReliableSocket<Chat, Chat>(new URL('live', location.href), {
  // It waits while the link is down, and is sent again with the same id until the server says that it has it.
  policies: { chat: queue({ ack: 'message' }) },
  // A new page wants all that the server still has; after that, each reconnect goes on where the last one ended.
  resume: { from: { seq: 0 } },
});

socket.on('state', showState);
socket.onMessage('chat', ({ from, text }) => byId('messages').append(item(`${from}: ${text}`)));
// Nothing is missing in silence: here the server has restarted, or we were away for more than it keeps.
socket.on('gap', () => byId('messages').append(item('Some messages are missing here.', 'note')));

const name = input('name');
const text = input('text');
name.value = new URLSearchParams(location.search).get('name') ?? '';

byId('form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const receipt = socket.send({ type: 'chat', from: name.value, text: text.value });
  const waiting = item(`${name.value}: ${text.value}`);
  byId('waiting').append(waiting);
  text.value = '';
  // Never rejects. The server publishes before it acks, so by now our own message is in the list above.
  const { outcome } = await receipt.settled;
  if (outcome === 'acked') waiting.remove();
  else waiting.append(` (not sent: ${outcome})`);
});
