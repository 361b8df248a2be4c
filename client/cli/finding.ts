/** One line of `braid doctor`. `missing`: no run can be made without it. */
export interface Finding {
  what: string;
  state: 'ok' | 'warning' | 'missing';
  detail: string;
  fix?: string;
}
