import * as api from './api.js';
import { byId, element, showProblem } from './dom.js';

const form = byId('submit');
const fields = form.elements;
const remembered = name => localStorage.getItem(`input:${name}`) ?? '{}';
let known = [];

/** Offers what can run; the choice and what was typed stay as they are. */
export function offer(algorithms) {
  const names = algorithms.map(algorithm => algorithm.name);
  if (names.join() !== known.map(algorithm => algorithm.name).join()) {
    for (const [list, first] of [[fields.algorithm, []], [byId('filter-algorithm'), [element('option', { value: '' }, 'all')]]]) {
      const chosen = list.value;
      list.replaceChildren(...first, ...names.map(name => element('option', {}, name)));
      if (names.includes(chosen)) list.value = chosen;
    }
  }
  const first = known.length === 0;
  known = algorithms;
  if (first) choose();
}

function choose() {
  const algorithm = known.find(one => one.name === fields.algorithm.value);
  byId('description').textContent = algorithm ? `${algorithm.description} (version ${algorithm.version})` : 'No worker has announced an algorithm yet.';
  fields.input.value = remembered(fields.algorithm.value);
}

function read() {
  const task = { algorithm: fields.algorithm.value, priority: fields.priority.value };
  try {
    task.input = JSON.parse(fields.input.value || '{}');
  } catch (error) {
    throw new Error(`The input is not JSON: ${error.message}`);
  }
  for (const name of ['timeoutSeconds', 'maxAttempts']) {
    if (fields[name].value !== '') task[name] = Number(fields[name].value);
  }
  return task;
}

export function start(submitted) {
  fields.algorithm.addEventListener('change', choose);
  form.addEventListener('submit', async event => {
    event.preventDefault();
    try {
      const task = await api.submit(read());
      localStorage.setItem(`input:${task.algorithm}`, fields.input.value);
      showProblem(byId('submit-problem'));
      submitted(task);
    } catch (error) {
      showProblem(byId('submit-problem'), error.message);
    }
  });
}
