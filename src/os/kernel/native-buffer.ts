/** Memory with a known address, for structures that point at other structures. It lives as long as the object. */
import koffi from 'koffi';

export class NativeBuffer {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView;
  /** Of an ArrayBuffer's memory, which V8 keeps outside its heap and never moves. */
  readonly address: bigint;

  constructor(length: number) {
    this.bytes = new Uint8Array(new ArrayBuffer(length));
    this.view = new DataView(this.bytes.buffer);
    this.address = koffi.address(this.bytes.buffer);
  }
}
