-- The tables of a very small HIS, with names as such systems have them, and the views that a hub reads.
CREATE SCHEMA his;
CREATE TABLE his.ks (ksdm text PRIMARY KEY, ksmc text NOT NULL, sjks text NOT NULL);
CREATE TABLE his.ys (ysdm text PRIMARY KEY, xm text NOT NULL, xb text NOT NULL, zc text, ksdm text REFERENCES his.ks);
CREATE TABLE his.pb (
    id text PRIMARY KEY, ksdm text NOT NULL, ysdm text NOT NULL, czrq text NOT NULL, sxw text NOT NULL,
    ghf numeric(8, 2) NOT NULL, zs integer NOT NULL, yy integer NOT NULL DEFAULT 0 CHECK (yy <= zs)
);
CREATE TABLE his.gh (
    no text PRIMARY KEY, order_id text UNIQUE, pb text NOT NULL REFERENCES his.pb, sd text UNIQUE, xm text NOT NULL,
    lxdh text NOT NULL, zt text NOT NULL, fk text NOT NULL, xdsj timestamptz NOT NULL
);
CREATE TABLE his.yq_act (
    kind text, serial text, attempt integer, answer text NOT NULL, PRIMARY KEY (kind, serial, attempt)
);
CREATE VIEW his.v_yy AS SELECT '云桥县中医院' AS mc;
CREATE VIEW his.v_ks AS SELECT * FROM his.ks;
CREATE VIEW his.v_ys AS SELECT * FROM his.ys;
CREATE VIEW his.v_pb AS SELECT pb.*, zs - yy AS sy, xm, zc FROM his.pb JOIN his.ys USING (ysdm);
CREATE VIEW his.v_gh AS
    SELECT gh.*, pb.ksdm, ksmc, pb.ysdm, ys.xm AS ysxm, czrq, sxw, ghf
    FROM his.gh JOIN his.pb ON gh.pb = pb.id JOIN his.ks ON ks.ksdm = pb.ksdm JOIN his.ys ON ys.ysdm = pb.ysdm;
