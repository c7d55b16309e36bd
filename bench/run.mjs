// Registered here and not with --import, which threads inherit: slots must run what is in dist/ as it is.
import { register } from 'tsx/esm/api';

register();
await import('./main.ts');
