/** How often what is being walked happens: `times` × each of `of`, which nobody knows. */
export interface Factor {
  times: number;
  of: readonly string[];
  exact: boolean;
}

export interface Frame {
  factor: Factor;
  /** The `parallel` or `pipeline` around it. */
  group: number | null;
  /** It runs once, and for sure: what is assigned then is so. */
  sure: boolean;
}
