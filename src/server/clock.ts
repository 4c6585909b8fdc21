/** ms that do not jump with the clock of the machine. */
export const now = (): number => performance.now();
