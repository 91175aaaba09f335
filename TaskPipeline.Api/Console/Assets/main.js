import * as api from './api.js';
import * as detail from './detail.js';
import * as fleet from './fleet.js';
import * as submit from './submit.js';
import * as tasks from './tasks.js';

const everyMilliseconds = 2000;

function open(id) {
  history.replaceState(null, '', `#${id}`);
  tasks.select(id);
  detail.show(id);
  tasks.refresh().catch(() => {});
}

submit.start(task => open(task.id));
tasks.start(open);
detail.start(() => tasks.refresh().catch(() => {}), open);

/** The next round begins when the last has ended, and none while nobody looks. */
async function round() {
  if (!document.hidden) {
    // Each part shows what it can: one that fails leaves the others alone, and the health says what is wrong.
    await Promise.allSettled([tasks.refresh(), fleet.refreshWorkers(), fleet.refreshLanes(), fleet.refreshHealth(), api.algorithms().then(submit.offer)]);
  }
  setTimeout(round, everyMilliseconds);
}

/** Shows the task that the address names, also when only that changes: a link followed while the console is open. */
function openNamed() {
  if (/^#[0-9a-f-]{36}$/.test(location.hash)) open(location.hash.slice(1));
}

round();
addEventListener('hashchange', openNamed);
openNamed();
