// Everything goes into the page as text, never as markup: tasks carry what strangers and native code wrote.

export const byId = id => document.getElementById(id);

export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in made) made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children.filter(child => child !== null && child !== undefined));
  return made;
}

export const chip = status => element('span', { className: `chip ${status}` }, status.replace('_', ' '));

export function meter(task) {
  const bar = element('progress', { max: 100, value: task.progress });
  bar.setAttribute('aria-label', `${task.progress} %`);
  return bar;
}

export const time = text => (text ? new Date(text).toLocaleTimeString() : '');

export function duration(seconds) {
  if (seconds === null || seconds === undefined) return '–';
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 120) return `${seconds.toFixed(1)} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

export const bytes = count => (count === null || count === undefined ? '–' : `${(count / 1048576).toFixed(1)} MiB`);

export function showProblem(place, message) {
  place.textContent = message ?? '';
  place.hidden = !message;
}
