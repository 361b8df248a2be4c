/** `ask()` and `approve()` of a program, as calls (DW-51). */
import { BraidError } from '../../protocol/errors.ts';
import type { Again } from '../../protocol/handover.ts';
import type { GateSpec } from '../gates/spec.ts';
import { failed, type Begun } from './work.ts';
import type { Tree } from '../tree/tree.ts';

/** `parse` throws what is wrong with the arguments. `again`: the gate was open when the program continued as new. */
export function beginGate(tree: Tree, address: string, parse: () => GateSpec, again: Again | null): Begun {
  try {
    if (tree.timeIsUp) {
      tree.refusal();
      throw new BraidError('BRAID_TIME', 'The time of the run is used up, so nobody is asked any more.');
    }
    const spec = parse();
    const until = again?.until ?? (spec.timeoutMs === null ? null : Date.now() + spec.timeoutMs);
    return {
      window: null,
      run: () => tree.gates.ask(address, spec, until),
      dropped: () => undefined,
      again: () => ({ address, key: null, ...(until === null ? {} : { until }) }),
    };
  } catch (error) {
    return failed(error);
  }
}
