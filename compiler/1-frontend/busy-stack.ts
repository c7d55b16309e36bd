/** Where a thread is that does not come back: asked through the inspector, which an endless loop cannot ignore. */
import { Session } from 'node:inspector';

/** How long a thread may take to stop: one that waits in native code does not. */
const answerMs = 1_000;

interface Attached {
  readonly sessionId: string;
  readonly workerInfo: { readonly url: string };
}
interface Message {
  readonly method?: string;
  readonly params: {
    /** of 'Debugger.scriptParsed' */
    readonly scriptId: string;
    readonly url: string;
    /** of 'Debugger.paused' */
    readonly callFrames: readonly CallFrame[];
  };
}
interface CallFrame {
  readonly location: {
    readonly scriptId: string;
    readonly lineNumber: number;
    readonly columnNumber?: number;
  };
}

/** Of the worker that runs `script`: lines `url:line:column`, innermost first; empty when it runs nothing. */
export async function busyStack(script: string): Promise<string> {
  const session = new Session();
  session.connect();
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<string>(resolve => {
      timer = setTimeout(() => resolve(''), answerMs);
      let sessionId: string | null = null;
      const urls = new Map<string, string>();
      const ask = (id: number, method: string): void =>
        session.post('NodeWorker.sendMessageToWorker', {
          sessionId: sessionId!,
          message: JSON.stringify({ id, method }),
        });
      session.on('NodeWorker.attachedToWorker', ({ params }: { readonly params: Attached }) => {
        if (params.workerInfo.url !== script) return;
        ({ sessionId } = params);
        ask(1, 'Debugger.enable');
        ask(2, 'Debugger.pause');
      });
      session.on('NodeWorker.receivedMessageFromWorker', ({ params }) => {
        const message = JSON.parse(params.message) as Message;
        if (params.sessionId !== sessionId) return;
        if (message.method === 'Debugger.scriptParsed') urls.set(message.params.scriptId, message.params.url);
        if (message.method !== 'Debugger.paused') return;
        // a paused thread cannot be ended
        ask(3, 'Debugger.disable');
        const lines = message.params.callFrames.map(
          ({ location: { scriptId, lineNumber, columnNumber } }) =>
            `${urls.get(scriptId)}:${lineNumber + 1}:${(columnNumber ?? 0) + 1}`,
        );
        resolve(lines.join('\n'));
      });
      session.post('NodeWorker.enable', { waitForDebuggerOnStart: false }, error => error && resolve(''));
    });
  } finally {
    clearTimeout(timer);
    session.disconnect();
  }
}
