/** Stand-ins for values that are known only when the job is deployed. */
export interface StagedParameter {
  readonly name: string;
  readonly kind: 'param' | 'secret' | 'buildParam';
  readonly type: 'string' | 'number' | 'boolean';
  readonly defaultValue: string | null;
  readonly site: string | null;
}

/** Thrown into the user's code when it looks at a stand-in; reported as FC1201 at the place that did. */
export class ParameterRead extends Error {
  override readonly name = 'ParameterRead';
  readonly parameter: string;
  constructor(parameter: string) {
    super(
      `parameter '${parameter}' is only known when the job is deployed, so it cannot decide the shape of the graph`,
    );
    this.parameter = parameter;
  }
}

export class StandIns {
  readonly #parameters = new WeakMap<object, StagedParameter>();
  readonly #onRead: (error: ParameterRead) => void;

  constructor(onRead: (error: ParameterRead) => void) {
    this.#onRead = onRead;
  }

  create(parameter: StagedParameter): object {
    const refuse = (): never => {
      const error = new ParameterRead(parameter.name);
      this.#onRead(error); // also when the program catches it
      throw error;
    };
    const standIn: object = new Proxy(
      {},
      {
        get: (_, key) => {
          // `await` and Promise.resolve ask whether a value is a promise; printing asks for these symbols
          if (
            key === 'then' ||
            (typeof key === 'symbol' && key !== Symbol.toPrimitive && key !== Symbol.iterator)
          )
            return undefined;
          return refuse();
        },
        has: refuse,
        set: refuse,
        ownKeys: refuse,
      },
    );
    this.#parameters.set(standIn, parameter);
    return standIn;
  }

  parameterOf(value: object): StagedParameter | undefined {
    return this.#parameters.get(value);
  }
}
