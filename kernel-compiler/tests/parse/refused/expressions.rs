fn f(x: u32) -> u32 {
    let a = "text";
    let b = 'c';
    let c = 0x1_0000_0000_0000_0000;
    let d = 1e400;
    println!("{x}");
    assert!(x > 1);
    let e = vec![1, 2];
    let g = std::array::from!(4);
    let h = unsafe { load(x) };
    let i = &raw const x;
    let j = async { 1 };
    let k = copy(x).await;
    let l = load(x)?;
    let m = |v: u32| v;
    let n = |v| -> u32 { v };
    let o = async |v| v;
    let p = Tile { rows: 1, ..other };
    let q = <f32 as Float>::zero();
    let r = f(_);
    let s = x + "text" + load("name");
    unreachable!()
}
