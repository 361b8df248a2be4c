/**
 * The end of .ci/run: node scripts/ci-summary.mjs REPORT [STEP THAT FAILED…]
 *
 * Prints the line `N passed, N failed` over all projects of vitest's JSON report, and ends with 1 when anything failed or
 * no test ran. Runs on Node 20 without packages: it must also tell of an installation that failed.
 */
import { existsSync, readFileSync } from 'node:fs';

const [file, ...steps] = process.argv.slice(2);
const { passed, failed } = countTests(file);
if (steps.length > 0) console.log(`Failed: ${steps.join('; ')}`);
if (passed + failed === 0) console.log('No test ran.');
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = steps.length > 0 || failed > 0 || passed === 0 ? 1 : 0;

/** A test file that could not be loaded has no tests and counts as one that failed. */
function countTests(report) {
  if (!existsSync(report)) return { passed: 0, failed: 0 };
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, 'utf8'));
  const broken = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some(hasFailed),
  );
  return { passed: numPassedTests, failed: numFailedTests + broken.length };
}

function hasFailed({ status }) {
  return status === 'failed';
}
