export declare const addresses: {
  runtime: number;
  context: number;
  start: number;
  stack: { start: number; end: number };
};
export declare const memory: string;
