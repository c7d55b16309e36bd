export { explain, fieldPaths, type Explanation } from './model.js';
export { explainText } from './text.js';
export { explainSvg } from './svg.js';
export { explainHtml } from './html.js';
