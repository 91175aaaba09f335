// The public calls. Every failure becomes an Error whose message a person can act on.

async function call(method, path, body) {
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(10_000),
    });
  } catch {
    throw new Error('The API cannot be reached.');
  }
  const answer = await response.json().catch(() => null);
  if (!response.ok) throw new Error(explain(answer, response));
  return answer;
}

function explain(problem, response) {
  if (!problem?.title) return `The API answered ${response.status}.`;
  const members = Object.entries(problem.errors ?? {}).map(([member, reasons]) => `${member} ${reasons.join(', ')}`);
  const wait = response.headers.get('Retry-After');
  return [problem.title, problem.detail, ...members, wait && `try again in ${wait} s`].filter(Boolean).join(': ');
}

export const submit = task => call('POST', '/tasks', task);
export const cancel = id => call('DELETE', `/tasks/${id}`);
export const retry = id => call('POST', `/tasks/${id}/retry`);
export const algorithms = async () => (await call('GET', '/algorithms')).items;
export const workers = async () => (await call('GET', '/workers')).items;
export const lanes = async () => (await call('GET', '/lanes')).items;
export const tasks = query => call('GET', `/tasks?${new URLSearchParams(Object.entries(query).filter(([, value]) => value))}`);

/** Healthy, degraded or unhealthy; a draining API answers 503. */
export async function health() {
  try {
    const response = await fetch('/health', { signal: AbortSignal.timeout(5_000) });
    const text = await response.text();
    return response.ok ? (/degraded/i.test(text) ? 'degraded' : 'healthy') : 'unhealthy';
  } catch {
    return 'unhealthy';
  }
}

/** Follows a task until it ends or stop() is called; the browser resumes a lost stream by itself. */
export function follow(id, changed) {
  const events = new EventSource(`/tasks/${id}/events`);
  events.addEventListener('queue', event => changed(JSON.parse(event.data)));
  events.onmessage = event => {
    const task = JSON.parse(event.data);
    changed(task);
    if (isTerminal(task)) events.close();
  };
  return () => events.close();
}

export const isTerminal = task => !['pending', 'processing'].includes(task.status);
