-- title: 患者的复诊次数
-- english: Patients by number of visits
-- chart: bar
-- about: 下单一次、二至三次、四次及以上的患者各有多少；患者以假名计，跨医院合并
-- says: Patients with one order, two or three, four and more; told apart by pseudonym, across hospitals
SELECT CASE WHEN orders = 1 THEN '1' WHEN orders < 4 THEN '2–3' ELSE '≥ 4' END AS visits, count(*) AS patients
FROM (SELECT patient, count(*) AS orders FROM "order" WHERE patient IS NOT NULL GROUP BY ALL)
GROUP BY ALL ORDER BY min(orders)
