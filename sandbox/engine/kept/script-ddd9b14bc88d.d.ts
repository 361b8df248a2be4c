export declare const addresses: { runtime: number; context: number; start: number };
export declare const memory: string;
