/** What the host says about the turn: fixed while it lasts. */
export const turn = {
  __proto__: null,
  state: { now: 0, spent: 0, total: null, iterationsLeft: 0, callsLeft: null },
};
