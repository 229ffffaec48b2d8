// Runs in the browser. What comes from the API is put in as text, never as markup.
(() => {
  const SHOWN_KINDS = 12;
  const SHOWN_INGESTIONS = 6;
  const byId = (id) => document.getElementById(id);
  const number = new Intl.NumberFormat('en');

  function element(tag, attributes, ...children) {
    const made = Object.assign(document.createElement(tag), attributes);
    made.append(...children);
    return made;
  }

  function duration(ms) {
    if (ms === undefined) return 'unknown';
    if (ms < 1000) return `${ms} ms`;
    if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
    return ms < 3_600_000 ? `${Math.round(ms / 60_000)} min` : `${number.format(Math.round(ms / 3_600_000))} h`;
  }

  function setText(id, text) {
    if (byId(id).textContent !== text) byId(id).textContent = text;
  }

  function showStatus(status) {
    for (const name of ['discoveries', 'artifacts']) setText(name, number.format(status[name]));
    for (const name of ['complete', 'running', 'incomplete']) setText(name, number.format(status.ingestions[name]));
    setText('staleness', duration(status.stalenessMs));
    setText('position', status.position);
    setText('at', new Date(status.at).toLocaleTimeString());
    byId('at').dateTime = status.at;
    showKinds(status.kinds, status.artifacts);
  }

  function showKinds(kinds, artifacts) {
    if (kinds.length > 0) byId('kinds').replaceChildren(...kinds.slice(0, SHOWN_KINDS).map((kind) => kindRow(kind, artifacts)));
    byId('more-kinds').hidden = kinds.length <= SHOWN_KINDS;
    setText('more-kinds', `and ${kinds.length - SHOWN_KINDS} smaller kinds, see /v1/status`);
  }

  function kindRow(kind, artifacts) {
    const address = `/v1/discoveries?${new URLSearchParams({ source: kind.source, type: kind.artifactType, limit: 10 })}`;
    const row = element(
      'tr',
      {},
      element('th', { scope: 'row' }, element('a', { href: address }, kind.source)),
      element('td', {}, kind.artifactType),
      element('td', { className: 'number' }, number.format(kind.artifacts)),
      element('td', { className: 'number' }, number.format(kind.discoveries)),
    );
    const share = `${((100 * kind.artifacts) / artifacts).toFixed(1)}%`;
    row.style.background = `linear-gradient(to right, var(--bar) ${share}, transparent ${share})`;
    return row;
  }

  async function showIngestions() {
    const response = await fetch(`/v1/ingestions?limit=${SHOWN_INGESTIONS}`);
    if (!response.ok) return;
    const { items } = await response.json();
    if (items.length > 0) byId('ingestions').replaceChildren(...items.map(ingestionItem));
  }

  function ingestionItem(ingestion) {
    const moment = ingestion.decidedAt ?? ingestion.endedAt ?? ingestion.startedAt;
    const state = element('span', {}, ingestion.state);
    state.dataset.state = ingestion.state;
    const when = moment === undefined ? 'start unknown' : new Date(moment).toLocaleString();
    return element(
      'li',
      {},
      element('a', { href: `/v1/ingestions/${encodeURIComponent(ingestion.ingestionId)}` }, ingestion.ingestionId),
      state,
      element('span', { className: 'note' }, [ingestion.source, when].filter(Boolean).join(' · ')),
    );
  }

  function follow() {
    const stream = new EventSource('/v1/status/stream');
    const say = (state, text) => {
      byId('connection').dataset.state = state;
      setText('connection', text);
    };
    stream.addEventListener('open', () => say('live', 'live'));
    stream.addEventListener('error', () => {
      say('waiting', 'connecting again');
      // A refused stream is not tried again by the browser.
      if (stream.readyState === EventSource.CLOSED) setTimeout(follow, 5000);
    });
    stream.addEventListener('status', ({ data }) => {
      showStatus(JSON.parse(data));
      showIngestions().catch(() => undefined);
    });
  }

  function prepareQuery(link) {
    const command = element('code', {}, `curl '${location.origin}${link.getAttribute('href')}'`);
    const copy = element('button', { type: 'button', ariaLabel: `Copy the curl line of “${link.textContent}”` }, 'Copy');
    copy.addEventListener('click', () => copyText(command, copy));
    const answer = element('pre', { hidden: true, tabIndex: 0, ariaLabel: `Answer to “${link.textContent}”`, role: 'region' });
    const facts = element('p', { className: 'note', role: 'status' });
    link.closest('li').append(element('div', { className: 'command' }, command, copy), facts, answer);
    link.addEventListener('click', (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      void ask(link.href, { facts, answer });
    });
  }

  async function ask(address, { facts, answer }) {
    const began = performance.now();
    try {
      const response = await fetch(address);
      const body = await response.json();
      const tookMs = Math.max(1, Math.round(performance.now() - began));
      const stalenessMs = response.headers.get('x-staleness-ms');
      const behind = stalenessMs === null ? 'an unknown time' : duration(Number(stalenessMs));
      facts.textContent = `${response.status} in ${tookMs} ms · cache: ${response.headers.get('x-cache')} · at most ${behind} behind the log`;
      answer.textContent = JSON.stringify(body, null, 2);
      answer.hidden = false;
    } catch (error) {
      facts.textContent = `No answer: ${error.message}`;
    }
  }

  async function copyText(command, button) {
    try {
      await navigator.clipboard.writeText(command.textContent);
      button.textContent = 'Copied';
    } catch {
      // Only safe origins have a clipboard: elsewhere the line is selected, to be copied by hand.
      getSelection().selectAllChildren(command);
      button.textContent = 'Selected';
    }
    setTimeout(() => (button.textContent = 'Copy'), 2000);
  }

  async function showOnce() {
    const response = await fetch('/v1/status');
    if (response.ok) showStatus(await response.json());
    await showIngestions();
  }

  for (const link of document.querySelectorAll('a.query')) prepareQuery(link);
  showOnce().catch(() => undefined);
  follow();
})();
