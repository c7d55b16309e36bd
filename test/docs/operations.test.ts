/** What docs/operations deploys: manifests hang together, and every command line is one that flinkc takes. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseAllDocuments } from 'yaml';
import { configurationKeys, parseConfiguration } from '../../runtime/core/configuration.js';

const folder = 'docs/operations';
const read = (file: string): string => readFileSync(join(folder, file), 'utf8');

/** Options of the two processes, beside -D. */
const flags: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  ['jobmanager', 'taskmanager'].map(command => {
    const help = spawnSync(process.execPath, ['--import', 'tsx', 'bin/flinkc.ts', command, '--help'], {
      encoding: 'utf8',
    });
    return [command, [...help.stdout.matchAll(/(?:^|[ ,])(--?[a-z-]+)\b/gim)].map(([, flag]) => flag!)];
  }),
);

function checkCommand(args: readonly string[]): Readonly<Record<string, string>> {
  const [command, ...rest] = args as [string, ...string[]];
  assert.ok(flags[command]!.length > 0, `flinkc ${command}`);
  const entries: Record<string, string> = {};
  const words = rest.flatMap(word =>
    word.startsWith('-D') && word.length > 2 ? ['-D', word.slice(2)] : [word],
  );
  for (let i = 0; i < words.length; i++) {
    const [flag] = words[i]!.split('=') as [string];
    assert.ok(flags[command]!.includes(flag), `flinkc ${command} has no option ${flag}`);
    if (!words[i]!.includes('=')) i++;
    if (flag !== '-D') continue;
    const pair = words[i]!;
    const name = pair.slice(0, pair.indexOf('='));
    assert.ok(configurationKeys.includes(name), `there is no option '${name}'`);
    entries[name] = pair.slice(pair.indexOf('=') + 1);
  }
  const parsed = parseConfiguration(entries);
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return entries;
}

// ---- Kubernetes ----

type Labels = Readonly<Record<string, string>>;
interface Port {
  readonly name?: string;
  readonly containerPort?: number;
  readonly port?: number;
  readonly targetPort?: string | number;
}
interface Container {
  readonly image: string;
  readonly args: readonly string[];
  readonly ports: readonly Port[];
  readonly env?: readonly { readonly name: string }[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly readinessProbe?: { readonly tcpSocket: { readonly port: string } };
}
interface Pod {
  readonly metadata: { readonly labels: Labels };
  readonly spec: {
    readonly containers: readonly Container[];
    readonly volumes: readonly {
      readonly name: string;
      readonly secret?: { readonly secretName: string };
      readonly persistentVolumeClaim?: { readonly claimName: string };
    }[];
  };
}
interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Labels };
  readonly spec: {
    readonly template?: Pod;
    readonly selector?: Labels & { readonly matchLabels?: Labels };
    readonly podSelector?: { readonly matchLabels: Labels };
    readonly ports?: readonly Port[];
    readonly replicas?: number;
    readonly ingress?: readonly { readonly ports: readonly { readonly port: number }[] }[];
  };
}
/** Version in which the cluster serves each kind. */
const apiVersions: Readonly<Record<string, string>> = {
  Service: 'v1',
  PersistentVolumeClaim: 'v1',
  Job: 'batch/v1',
  Deployment: 'apps/v1',
  NetworkPolicy: 'networking.k8s.io/v1',
};
const selects = (selector: Labels, labels: Labels): boolean =>
  Object.entries(selector).every(([key, value]) => labels[key] === value);

for (const file of readdirSync(join(folder, 'kubernetes'))) {
  test(`kubernetes/${file}`, () => {
    const documents = parseAllDocuments(read(`kubernetes/${file}`), { strict: true, uniqueKeys: true });
    assert.equal(
      documents.flatMap(({ errors, warnings }) => [...errors, ...warnings].map(({ message }) => message)),
      [],
    );
    const manifests = documents.map(document => document.toJS() as Manifest);
    const named = new Set(manifests.map(({ kind, metadata }) => `${kind}/${metadata.name}`));
    assert.is(named.size, manifests.length, 'two manifests have the same name');
    for (const { kind, apiVersion, metadata } of manifests) {
      assert.is(apiVersion, apiVersions[kind], `${kind}/${metadata.name}`);
      assert.match(metadata.name, /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
    }
    const pods = manifests.flatMap(({ spec }) => (spec.template ? [spec.template] : []));
    const ports = (labels: Labels): readonly Port[] =>
      pods
        .filter(pod => selects(labels, pod.metadata.labels))
        .flatMap(({ spec }) => spec.containers.flatMap(container => container.ports));
    const given: Record<string, Readonly<Record<string, string>>> = {};
    for (const { kind, metadata, spec } of manifests) {
      const name = `${kind}/${metadata.name}`;
      if (kind === 'Service')
        for (const { port, targetPort } of spec.ports!) {
          const target = ports(spec.selector!).find(each => each.name === targetPort);
          assert.is(target?.containerPort, port, `${name}: port ${port}`);
        }
      if (kind === 'Deployment')
        assert.ok(selects(spec.selector!.matchLabels!, spec.template!.metadata.labels), name);
      if (kind === 'NetworkPolicy')
        for (const { port } of spec.ingress!.flatMap(rule => rule.ports))
          assert.ok(
            ports(spec.podSelector!.matchLabels).some(each => each.containerPort === port),
            name,
          );
      if (!spec.template) continue;
      const { containers, volumes } = spec.template.spec;
      const claimed = volumes.flatMap(({ persistentVolumeClaim: claim }) => (claim ? [claim.claimName] : []));
      for (const claim of claimed)
        assert.ok(named.has(`PersistentVolumeClaim/${claim}`), `${name}: ${claim}`);
      for (const { args, volumeMounts, env = [], readinessProbe, ports: own } of containers) {
        assert.equal(
          volumeMounts.map(({ name }) => name).sort(),
          volumes.map(({ name }) => name).sort(),
          name,
        );
        for (const [, variable] of args.join(' ').matchAll(/\$\((\w+)\)/g))
          assert.ok(
            env.some(each => each.name === variable),
            `${name}: $(${variable})`,
          );
        if (readinessProbe)
          assert.ok(
            own.some(each => each.name === readinessProbe.tcpSocket.port),
            name,
          );
        const options = checkCommand(args);
        given[args[0]!] = options;
        for (const [, dir] of Object.values(options)
          .join(' ')
          .matchAll(/(?:^|[ /])(\/[\w]+)/g))
          assert.ok(
            pods
              .flatMap(pod => pod.spec.containers.flatMap(each => each.volumeMounts))
              .some(({ mountPath }) => dir!.startsWith(mountPath) || mountPath.startsWith(dir!)),
            `${name}: nothing is mounted at ${dir}`,
          );
      }
    }
    // they meet: same address, same port, and the Service is that address
    for (const key of ['jobmanager.rpc.address', 'jobmanager.rpc.port', 'security.internal.secret-file'])
      assert.is(given['taskmanager']![key], given['jobmanager']![key], key);
    assert.ok(named.has(`Service/${given['jobmanager']!['jobmanager.rpc.address']}`));
    const workers = manifests.find(({ kind }) => kind === 'Deployment')!;
    const slots = workers.spec.replicas! * Number(given['taskmanager']!['taskmanager.numberOfTaskSlots']);
    const command = manifests.find(({ kind }) => kind === 'Job')!.spec.template!.spec.containers[0]!.args;
    const parallelism = Number(/--parallelism=(\d+)/.exec(command.join(' '))![1]);
    assert.ok(slots >= parallelism, `${slots} slots for parallelism ${parallelism}`);
  });
}

// ---- systemd ----

const units = readdirSync(join(folder, 'systemd'));
for (const file of units)
  test(`systemd/${file}`, () => {
    const settings = new Map<string, string>();
    let section = '';
    for (const line of read(`systemd/${file}`).split('\n')) {
      if (line === '' || line.startsWith('#')) continue;
      const header = /^\[(Unit|Service|Install)\]$/.exec(line);
      if (header) {
        section = header[1]!;
        continue;
      }
      const setting = /^([A-Z]\w+)=(.+)$/.exec(line);
      assert.ok(setting && section !== '', line);
      settings.set(`${section}.${setting[1]}`, setting[2]!);
    }
    const [program, ...args] = settings.get('Service.ExecStart')!.split(' ');
    assert.is(program, '/usr/bin/flinkc');
    assert.is(args.at(-1), '$OPTIONS');
    checkCommand(args.slice(0, -1));
  });

test('systemd-analyze finds nothing wrong with the units', () => {
  if (spawnSync('systemd-analyze', ['--version']).status !== 0) {
    console.log('skipped: there is no systemd-analyze');
    return;
  }
  const copies = mkdtempSync(join(tmpdir(), 'flinkc-units-'));
  try {
    for (const file of units)
      // verify insists on an executable that is there
      writeFileSync(
        join(copies, file.replace('@', '@busy-cells')),
        read(`systemd/${file}`).replace('/usr/bin/flinkc', process.execPath),
      );
    const { status, stderr } = spawnSync(
      'systemd-analyze',
      ['verify', '--man=no', ...readdirSync(copies).map(file => join(copies, file))],
      { encoding: 'utf8' },
    );
    const about = stderr.split('\n').filter(line => line.includes('flinkc-'));
    assert.equal([status, about], [0, []], stderr);
  } finally {
    rmSync(copies, { recursive: true, force: true });
  }
});

// ---- containers ----

for (const file of readdirSync(join(folder, 'container')).filter(name => !name.endsWith('.dockerignore')))
  test(`container/${file}`, () => {
    const instructions = read(`container/${file}`)
      .replaceAll('\\\n', ' ')
      .split('\n')
      .filter(line => line !== '' && !line.startsWith('#'));
    assert.match(instructions[0]!, /^FROM \S+/);
    const stages = new Set<string>();
    for (const line of instructions) {
      assert.match(line, /^(FROM|WORKDIR|COPY|RUN|ENV|USER|ENTRYPOINT|CMD) \S/);
      const from = /^COPY --from=(\S+) \/src\/(\S+)/.exec(line);
      if (from) {
        assert.ok(stages.has(from[1]!), line);
        // what is copied exists, or the build makes it
        assert.ok(existsSync(from[2]!) || from[2] === 'dist', line);
      }
      const stage = /^FROM \S+ AS (\S+)$/.exec(line);
      if (stage) stages.add(stage[1]!);
    }
    const entry = instructions.find(line => line.startsWith('ENTRYPOINT '));
    if (entry) {
      const [program, script] = JSON.parse(entry.slice('ENTRYPOINT '.length)) as [string, string];
      assert.is(program, 'node');
      const { bin } = JSON.parse(readFileSync('package.json', 'utf8')) as { bin: { flinkc: string } };
      assert.ok(script.endsWith(bin.flinkc), `${script} is not ${bin.flinkc}`);
    }
  });

test.run();
