/** What is printed meanwhile. */
export interface CapturedOutput {
  readonly text: string;
  restore(): void;
}

export function capture(stream: NodeJS.WriteStream = process.stdout): CapturedOutput {
  const write = stream.write.bind(stream);
  let text = '';
  stream.write = ((chunk: string | Uint8Array, done?: (error?: Error | null) => void) => {
    text += String(chunk);
    done?.();
    return true;
  }) as typeof write;
  return {
    get text() {
      return text;
    },
    restore: () => void Reflect.deleteProperty(stream, 'write'),
  };
}
