/** The work of `braid test`, loaded when it is needed. It opens no session: there is nothing to connect to. */
import { resolve } from 'node:path';
import { BraidError } from '../../protocol/errors.ts';
import { safeText } from '../render/sanitize.ts';
import { listTested, testSaved, type TestReport } from '../save/test-saved.ts';
import { printJson, say } from './common.ts';
import type { Output } from './options.ts';
import type { TestFlags } from './saved.ts';

/** Returns the exit code: 0 passed, 1 failed. */
export async function test(name: string | undefined, { all, cwd }: TestFlags, output: Output): Promise<number> {
  const project = resolve(cwd ?? '.');
  const reports: TestReport[] = [];
  for (const one of await namesOf(name, all === true, project)) {
    const report = await testSaved(one, project);
    reports.push(report);
    if (output === 'text') tell(report);
  }
  const failed = reports.filter(({ passed }) => !passed).length;
  if (output !== 'text') printJson({ passed: failed === 0, tests: reports });
  const count = reports.length === 1 ? '1 workflow' : `${reports.length} workflows`;
  say(failed === 0 ? `${count} passed, nothing was sent.` : `${failed} of ${count} failed, nothing was sent.`);
  return failed === 0 ? 0 : 1;
}

async function namesOf(name: string | undefined, all: boolean, project: string): Promise<string[]> {
  if (all === (name !== undefined)) {
    throw new BraidError('BRAID_USAGE', all ? 'A name and --all say different things.' : 'No workflow is named.', {
      fix: 'braid test NAME, or braid test --all',
    });
  }
  if (name !== undefined) return [name];
  const names = await listTested(project);
  if (names.length > 0) return names;
  throw new BraidError('BRAID_USAGE', `No saved workflow of ${project} has recorded calls.`, {
    fix: 'Save one from a run: braid save RUN --as NAME',
  });
}

function tell({ workflow, passed, calls, differences }: TestReport): void {
  const count = calls === 1 ? '1 call' : `${calls} calls`;
  process.stdout.write(`${passed ? 'ok  ' : 'FAIL'} ${workflow}: ${count} answered from the recording\n`);
  for (const line of differences.slice(0, SHOWN)) process.stdout.write(`     ${safeText(line)}\n`);
  const more = differences.length - SHOWN;
  if (more > 0) process.stdout.write(`     … and ${more} more; all of them: braid test ${workflow} -o json\n`);
}

/** Differences of one workflow that are shown as text: after so many the rest tells nothing new. */
const SHOWN = 40;
