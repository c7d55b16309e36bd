export default function (n: number) {
  return n + 1;
}
export const declaredBelow = below();
function below() {
  return 'below';
}
