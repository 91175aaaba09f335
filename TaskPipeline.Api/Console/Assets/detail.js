import * as api from './api.js';
import { byId, bytes, chip, duration, element, meter, showProblem, time } from './dom.js';

const place = byId('detail');
let stop = () => {};
let changed = () => {};
let opened = () => {};

/** Shows a task and follows it until it ends. */
export function show(id) {
  stop();
  stop = api.follow(id, task => {
    draw(task);
    if (api.isTerminal(task)) changed();
  });
}

export function start(whenChanged, whenOpened) {
  changed = whenChanged;
  opened = whenOpened;
}

function close() {
  stop();
  place.hidden = true;
  place.replaceChildren();
}

function draw(task) {
  place.hidden = false;
  place.replaceChildren(
    element('div', { className: 'bar' }, element('h2', {}, task.algorithm), chip(task.status), button('Close', close)),
    element('p', { className: 'quiet id' }, task.id),
    meter(task),
    facts(task),
    ...failure(task.failure),
    ...block('Result', task.result === null ? null : JSON.stringify(task.result, null, 2)),
    ...block('Output', task.output),
    ...block('Input', JSON.stringify(task.input, null, 2)),
    ...attempts(task.attempts),
    actions(task));
}

function facts(task) {
  const lines = [
    ['Stage', task.stage],
    ['Progress', `${task.progress} %`],
    ['Lane', `${task.lane} (${task.priority})`],
    ['Attempt', task.attempt ? `${task.attempt} of at most ${task.maxAttempts}` : null],
    ['In line', task.queue ? `number ${task.queue.position ?? '?'}, start about ${time(task.queue.estimatedStartAt) || 'unknown'}` : null],
    ['Next attempt', time(task.nextAttemptAt)],
    ['Created', time(task.createdAt)],
    ['Started', time(task.startedAt)],
    ['Finished', time(task.finishedAt)],
    ['Worker', task.worker],
    ['Used', task.usage ? `${duration(task.usage.wallSeconds)}, processor ${duration(task.usage.cpuSeconds)}, memory ${bytes(task.usage.peakMemoryBytes)}` : null],
    ['Cancel', task.cancelRequested ? (task.stopConfirmed === null ? 'requested' : task.stopConfirmed ? 'its processes are gone' : 'its worker could not confirm') : null],
    ['Retry of', task.retryOf],
    ['Trace', task.traceId],
  ];
  return element('dl', {}, ...lines.filter(([, value]) => value).flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]));
}

function failure(reason) {
  if (!reason) return [];
  const how = [reason.kind, reason.signal, reason.exitCode === null ? null : `exit code ${reason.exitCode}`, reason.limit && `${reason.limit} limit`];
  return [element('p', { className: 'problem' }, `${how.filter(Boolean).join(', ')}: ${reason.message}`), ...block('Standard error', reason.stderr)];
}

const block = (title, text) => (text ? [element('h3', {}, title), element('pre', { tabIndex: 0 }, text)] : []);

function attempts(list) {
  if (list.length < 2) return [];
  const rows = list.map(one => element(
    'tr', {},
    element('td', { className: 'number' }, String(one.attempt)),
    element('td', {}, one.outcome ?? 'running'),
    element('td', {}, one.failure?.signal ?? one.failure?.kind ?? ''),
    element('td', {}, time(one.startedAt))));
  return [element('h3', {}, 'Attempts'), element('table', {}, element('tbody', {}, ...rows))];
}

function actions(task) {
  const problem = element('p', { className: 'problem', role: 'alert', hidden: true });
  const act = work => async () => {
    try {
      await work();
    } catch (error) {
      showProblem(problem, error.message);
    }
    changed();
  };
  const again = act(async () => opened((await api.retry(task.id)).id));
  const made = api.isTerminal(task)
    ? button('Run again', again)
    : button(task.cancelRequested ? 'Cancelling …' : 'Cancel', act(() => api.cancel(task.id)), 'danger');
  return element('div', {}, element('h3', {}, ''), made, problem);
}

const button = (text, onclick, className = '') => element('button', { type: 'button', onclick, className }, text);
