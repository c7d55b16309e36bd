export default class {
  value = 9;
}
