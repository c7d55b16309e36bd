export const printed = (name: string) => `printed-${name}`;
