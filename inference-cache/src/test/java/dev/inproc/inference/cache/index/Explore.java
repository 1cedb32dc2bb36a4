package dev.inproc.inference.cache.index;
import java.util.*;
class Explore {
  public static void main(String[] a){
    int n=Integer.parseInt(a[0]), d=Integer.parseInt(a[1]), q=Integer.parseInt(a[2]);
    for(int k: new int[]{1,8}) for(VectorSets set: VectorSets.values()){
      long seed=System.nanoTime(); SplittableRandom r=new SplittableRandom(seed);
      NearestIndex<Integer> ix=new NearestIndex<>(d,seed); float[][] vs=new float[n][];
      for(int i=0;i<n;i++){ vs[i]=Vectors.normalized(set.vector(seed,i,d),d); ix.insert(null,ix.query(vs[i]),i);}
      int hits=0,of=0,khits=0,kof=0; long[] ts=new long[q];
      for(int j=0;j<q;j++){ float[] v= VectorSets.near(vs[r.nextInt(n)], 0.8+0.2*r.nextDouble(), r); Query qu=ix.query(v);
        float[] cs=new float[n]; for(int i=0;i<n;i++) cs[i]=Vectors.cosine(qu.unit,vs[i]);
        long t=System.nanoTime(); var res=ix.nearest(null,qu,k); ts[j]=System.nanoTime()-t;
        Arrays.sort(cs);
        if(cs[n-1]>=0.8f){of++; if(res.get(0).cosine()>=cs[n-1]-1e-6) hits++;}
        for(int i=0;i<k;i++) if(cs[n-1-i]>=0.8f){kof++; if(res.get(i).cosine()>=cs[n-1-i]-1e-6) khits++;}
      }
      Arrays.sort(ts);
      System.out.printf("k=%d %-16s recall1 %d/%d missed %d; ranks missed %d of %d; us p50 %.1f p99 %.1f%n",k,set,hits,of,of-hits,kof-khits,kof,ts[q/2]/1e3,ts[q*99/100]/1e3);
    }
  }
}
