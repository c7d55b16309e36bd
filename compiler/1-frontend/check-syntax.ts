/** Mistakes in the text of a module that keep it from being staged. */
import type { ts } from 'ts-morph';
import type { DiagnosticLog } from '../diagnostics/diagnostic.js';
import { diagnose } from '../diagnostics/diagnose.js';
import type { UserModules } from './modules.js';
import { spanAt, spanOf } from './syntax.js';

export function checkSyntax(modules: UserModules, file: string, log: DiagnosticLog): void {
  const module = modules.known(file);
  if (!module) return;
  const { ts: library } = modules.syntax;
  for (const { start, length, messageText } of parseErrors(module.source)) {
    const text = library.flattenDiagnosticMessageText(messageText, ' ');
    log.add(diagnose('FC1004', { text }, spanAt(module.source, start, start + length)));
  }
  for (const statement of module.source.statements) {
    if (library.isExportAssignment(statement) && statement.isExportEquals) {
      log.add(
        diagnose('FC1005', { text: 'export =', fix: 'export default' }, spanOf(module.source, statement)),
      );
    } else if (
      library.isImportEqualsDeclaration(statement) &&
      library.isExternalModuleReference(statement.moduleReference) &&
      !statement.isTypeOnly
    ) {
      const text = 'import … = require(…)';
      log.add(diagnose('FC1005', { text, fix: 'import … from' }, spanOf(module.source, statement)));
    }
  }
}

/** The parser keeps its errors on the file, but only programs expose them officially. */
function parseErrors(file: ts.SourceFile): readonly ts.DiagnosticWithLocation[] {
  return (file as ts.SourceFile & { readonly parseDiagnostics: readonly ts.DiagnosticWithLocation[] })
    .parseDiagnostics;
}
