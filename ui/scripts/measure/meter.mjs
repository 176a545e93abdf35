// What an interaction costs a page: the time of the main thread's tasks, the longest of them, and
// how many elements there are afterwards. Read from the browser itself, by its debugging protocol.

/** How long an interaction's aftermath is waited for, milliseconds. */
const SETTLE_MS = 1200;

/** A meter on a page of playwright's. */
export async function meterOf(browser, page) {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const tracer = await browser.newBrowserCDPSession();

  const totals = async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    const of = (name) => (metrics.find((metric) => metric.name === name)?.value ?? 0) * 1000;
    return { task: of('TaskDuration'), script: of('ScriptDuration'), layout: of('LayoutDuration') + of('RecalcStyleDuration') };
  };

  /** Runs an interaction and tells what it cost. */
  const measure = async (work) => {
    const before = await totals();
    const events = await traced(tracer, async () => {
      await work();
      await page.waitForTimeout(SETTLE_MS);
    });
    const after = await totals();
    // A page that was loaded anew counts from zero.
    const since = (name) => (after[name] >= before[name] ? after[name] - before[name] : after[name]);
    return {
      task: since('task'),
      script: since('script'),
      layout: since('layout'),
      longest: longestTask(events),
      nodes: await page.evaluate(() => document.querySelectorAll('*').length),
    };
  };
  return { measure };
}

/** The browser's own record of tasks while `work` runs. */
async function traced(tracer, work) {
  const events = [];
  const collect = ({ value }) => events.push(...value);
  tracer.on('Tracing.dataCollected', collect);
  await tracer.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: ['disabled-by-default-devtools.timeline'] },
  });
  try {
    await work();
  } finally {
    await stop(tracer);
    tracer.off('Tracing.dataCollected', collect);
  }
  return events;
}

/** Ends the record; all of it has arrived then. */
async function stop(tracer) {
  const done = new Promise((resolve) => tracer.once('Tracing.tracingComplete', resolve));
  await tracer.send('Tracing.end');
  await done;
}

/** Milliseconds of processor time of the longest task on the main thread of a page. */
function longestTask(events) {
  const main = new Set(
    events
      .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  let longest = 0;
  for (const { name, ph, pid, tid, dur = 0, tdur } of events) {
    if (name === 'RunTask' && ph === 'X' && main.has(`${pid} ${tid}`)) longest = Math.max(longest, tdur ?? dur);
  }
  return longest / 1000;
}
