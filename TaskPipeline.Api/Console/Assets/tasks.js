import * as api from './api.js';
import { byId, chip, element, meter, time } from './dom.js';

const query = { status: '', algorithm: '', cursor: '' };
let nextCursor = null;
let selected = null;
let open = () => {};

export async function refresh() {
  const page = await api.tasks(query);
  nextCursor = page.nextCursor;
  byId('older').hidden = nextCursor === null;
  byId('newest').hidden = query.cursor === '';
  byId('no-tasks').hidden = page.items.length > 0;
  const focused = document.activeElement?.dataset?.id;
  byId('tasks').replaceChildren(...page.items.map(row));
  if (focused) byId('tasks').querySelector(`button[data-id="${CSS.escape(focused)}"]`)?.focus();
}

export function select(id) {
  selected = id;
  for (const one of byId('tasks').rows) one.ariaSelected = String(one.dataset.id === id);
}

export function start(opened) {
  open = opened;
  for (const name of ['status', 'algorithm']) {
    byId(`filter-${name}`).addEventListener('change', event => go({ [name]: event.target.value, cursor: '' }));
  }
  byId('older').addEventListener('click', () => go({ cursor: nextCursor }));
  byId('newest').addEventListener('click', () => go({ cursor: '' }));
}

function go(change) {
  Object.assign(query, change);
  return refresh();
}

function row(task) {
  // A button inside, so that the keyboard reaches it; the end of an id differs, its beginning is the time.
  const name = element('button', { type: 'button', className: 'id', title: task.id }, `…${task.id.slice(-12)}`);
  name.dataset.id = task.id;
  const made = element(
    'tr',
    { ariaSelected: String(task.id === selected) },
    element('td', {}, name),
    element('td', {}, task.algorithm),
    element('td', {}, chip(task.status)),
    element('td', {}, meter(task)),
    element('td', { className: 'number' }, String(task.attempt)),
    element('td', {}, time(task.createdAt)));
  made.dataset.id = task.id;
  made.addEventListener('click', () => open(task.id));
  return made;
}
