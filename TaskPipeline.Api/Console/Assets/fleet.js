import * as api from './api.js';
import { byId, duration, element, time } from './dom.js';

const rows = (place, items, cells) => byId(place).replaceChildren(...items.map(item => element('tr', {}, ...cells(item))));
const number = text => element('td', { className: 'number' }, text);

export async function refreshWorkers() {
  const workers = await api.workers();
  rows('workers', workers, worker => [element('td', { className: 'id' }, worker.id), number(`${worker.busy}/${worker.slots}`), element('td', {}, time(worker.lastSeenAt))]);
  const problems = [...new Set(workers.flatMap(worker => worker.problems))];
  byId('problems').replaceChildren(...problems.map(problem => element('li', {}, problem)));
  byId('problems').hidden = problems.length === 0;
}

export async function refreshLanes() {
  rows('lanes', await api.lanes(), lane => [element('td', {}, lane.name), number(String(lane.depth)), number(String(lane.running)), number(duration(lane.predictedWaitSeconds))]);
}

export async function refreshHealth() {
  const state = await api.health();
  byId('health').textContent = state;
  byId('health').className = `chip ${state}`;
}
