/** How many tests of a report passed, failed and were skipped. A file that could not even be loaded is one that failed. */
export function countsOf({ testResults, ended }) {
  const tests = testResults.flatMap(file => file.assertionResults);
  const count = (...states) => tests.filter(({ status }) => states.includes(status)).length;
  const broken = testResults.filter(
    file => file.status === 'failed' && file.assertionResults.every(({ status }) => status !== 'failed'),
  ).length;
  const failed = count('failed') + broken;
  return {
    passed: count('passed'),
    failed: ended === 0 ? failed : Math.max(1, failed),
    skipped: count('pending', 'todo'),
  };
}

/** The counts of several reports together. */
export function sum(all) {
  const total = name => all.reduce((count, one) => count + one[name], 0);
  return { passed: total('passed'), failed: total('failed'), skipped: total('skipped') };
}
