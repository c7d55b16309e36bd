import type { S3ClientConfig } from '@aws-sdk/client-s3';

/** Parts of an upload; S3 wants 5 MiB at least. An object has 10,000 parts at most, so 80 GiB. */
export const partBytes = 8 << 20;

/**
 * Flink's options (`s3.endpoint`, `s3.access-key`, …). What is not given comes from where the AWS SDK looks for it:
 * environment, shared configuration files, the machine's role.
 */
export function clientOptions(configuration: Readonly<Record<string, string>>): S3ClientConfig {
  const {
    's3.endpoint': endpoint,
    's3.endpoint.region': region,
    's3.access-key': accessKeyId,
    's3.secret-key': secretAccessKey,
    's3.path.style.access': pathStyle,
  } = configuration;
  return {
    ...(endpoint === undefined ? {} : { endpoint: withScheme(endpoint) }),
    // Other servers than Amazon's do not care, but the SDK wants one.
    ...(region === undefined ? (endpoint === undefined ? {} : { region: 'us-east-1' }) : { region }),
    ...(accessKeyId === undefined || secretAccessKey === undefined
      ? {}
      : { credentials: { accessKeyId, secretAccessKey } }),
    forcePathStyle: pathStyle === 'true',
    // Checksums of streamed bodies are refused by servers other than Amazon's; checkpoints carry their own.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 8,
    requestHandler: { connectionTimeout: 5_000, socketTimeout: 30_000 },
  };
}

function withScheme(endpoint: string): string {
  return /^https?:\/\//.test(endpoint) ? endpoint : `https://${endpoint}`;
}
