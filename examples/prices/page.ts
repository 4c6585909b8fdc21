import { latest, ReliableSocket } from 'reliable-socket';
import { byId, input, showState } from '../dom.js';
import { type Price, symbols, type Wish } from './wire.js';

const socket = new ReliableSocket<Price, Wish>(new URL('live', location.href), {
  // Moving the slider while the link is down leaves one wish, the last one. A queue would send them all, too late.
  policies: { watch: latest(), rate: latest() },
});

socket.on('state', showState);

const watched = new Set<string>(symbols);
const rate = input('rate');
const wishWatch = () => socket.send({ type: 'watch', symbols: [...watched] });
const wishRate = () => socket.send({ type: 'rate', perSecond: rate.valueAsNumber });

// The server keeps our wishes with the connection, so each new one is told. It may hear one twice, if that has waited
// for the link, and is none the worse for it.
socket.on('open', () => {
  wishWatch();
  wishRate();
});

rate.addEventListener('input', () => {
  byId('rate-value').textContent = rate.value;
  wishRate();
});

const rows = new Map(
  symbols.map((symbol) => {
    const row = document.createElement('tr');
    row.id = symbol;
    row.innerHTML = `<th scope="row"><label><input type="checkbox" checked /> ${symbol}</label></th><td>-</td><td>-</td>`;
    row.querySelector('input')?.addEventListener('change', () => {
      if (!watched.delete(symbol)) watched.add(symbol);
      row.classList.toggle('unwatched', !watched.has(symbol));
      wishWatch();
    });
    byId('prices').append(row);
    return [symbol, row] as const;
  }),
);

// Without a `seq` a message comes at most once, and that is all that a price needs: the next one says more.
socket.onMessage('price', ({ symbol, bid, at }) => {
  const row = rows.get(symbol);
  row?.cells[1]?.replaceChildren(bid.toFixed(2));
  row?.cells[2]?.replaceChildren(new Date(at).toLocaleTimeString('en-GB'));
});
