/** A network of two: this one, and a namespace whose link to it can be cut without a word to either side. */
import { execFileSync } from 'node:child_process';

const ip = (...args: readonly string[]): void => void execFileSync('ip', args, { stdio: 'pipe' });

export class NetworkNamespace {
  /** of this side, as the other sees it */
  readonly host: string;
  /** of the other side */
  readonly guest: string;
  readonly #name: string;
  readonly #link: string;

  private constructor(id: number) {
    this.#name = `flinkc-${id}`;
    this.#link = `fc${id}`;
    // Of 169.254/16, which nobody routes.
    const net = `169.254.${(id >> 6) & 0xff}`;
    const first = (id & 0x3f) * 4;
    this.host = `${net}.${first + 1}`;
    this.guest = `${net}.${first + 2}`;
  }

  /** Throws where the system does not allow it. */
  static create(): NetworkNamespace {
    const namespace = new NetworkNamespace(process.pid % 16_384);
    try {
      namespace.#create();
      return namespace;
    } catch (error) {
      namespace.remove();
      throw error;
    }
  }

  /** What runs a command in it. */
  get through(): readonly string[] {
    return ['ip', 'netns', 'exec', this.#name];
  }

  cut(): void {
    ip('link', 'set', this.#link, 'down');
  }
  mend(): void {
    ip('link', 'set', this.#link, 'up');
  }

  remove(): void {
    for (const args of [
      ['link', 'del', this.#link],
      ['netns', 'del', this.#name],
    ])
      try {
        ip(...args);
      } catch {
        // It was not made, or went with the other.
      }
  }

  #create(): void {
    const inside = `${this.#link}g`;
    ip('netns', 'add', this.#name);
    ip('link', 'add', this.#link, 'type', 'veth', 'peer', 'name', inside);
    ip('link', 'set', inside, 'netns', this.#name);
    ip('addr', 'add', `${this.host}/30`, 'dev', this.#link);
    ip('link', 'set', this.#link, 'up');
    ip('-n', this.#name, 'addr', 'add', `${this.guest}/30`, 'dev', inside);
    ip('-n', this.#name, 'link', 'set', inside, 'up');
    ip('-n', this.#name, 'link', 'set', 'lo', 'up');
  }
}
