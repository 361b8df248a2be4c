export declare const addresses: { runtime: number; context: number; start: number; wire: number };
export declare const memory: string;
