import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { openCampaign, type CampaignRun } from '../../../faults/campaign.ts';

const RUN: CampaignRun = {
  workload: 'gate',
  seed: 7,
  requests: 25,
  kinds: ['server killed', 'torn record'],
  verdict: { lost: [], wrong: [], inFlight: ['server killed'], beyond: [] },
  ms: 1_200,
  failure: null,
};

it('holds what earlier commands found, and goes on after it', () => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'braid-campaign-')), 'runs.jsonl');
  const first = openCampaign(file);
  expect(first.before).toEqual([]);
  first.add(RUN);
  first.add({ ...RUN, seed: 8 });
  expect(openCampaign(file).before).toEqual([RUN, { ...RUN, seed: 8 }]);
});

it('without a file keeps nothing', () => {
  const none = openCampaign(null);
  none.add(RUN);
  expect(openCampaign(null).before).toEqual([]);
});

it.each(['{"seed": 1}', '[]', JSON.stringify({ ...RUN, kinds: ['rain'] })])(
  'names the line that is no run: %s',
  (line) => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'braid-campaign-')), 'runs.jsonl');
    writeFileSync(file, `${JSON.stringify(RUN)}\n${line}\n`);
    expect(() => openCampaign(file)).toThrow(`${file}:2 is no run of a campaign`);
  },
);
