/** An engine's image as the build writes it: modules in `generated/` of this build's, in `kept/` of earlier ones. */
export interface StoredImage {
  addresses: { runtime: number; context: number; start: number; stack?: { start: number; end: number }; wire?: number };
  /** Base64 of the runs of what is not zero. */
  memory: string;
}
