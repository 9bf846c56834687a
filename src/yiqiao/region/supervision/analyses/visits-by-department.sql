-- title: 各科室每月复诊量
-- english: Return visits by month and department
-- chart: bar
-- about: 有复诊服务的复诊订单，按订单月份与科室计
-- says: Orders with a return visit, by the order's month and department
-- by: department
SELECT "order".month, coalesce(names.name, "order".deptCode) AS department, count(DISTINCT "order"._key) AS visits
FROM "order" JOIN (SELECT DISTINCT app, flowNo FROM visit) AS visited USING (app, flowNo)
LEFT JOIN (SELECT app, deptCode, any_value(deptName) AS name FROM department GROUP BY ALL) AS names USING (app, deptCode)
GROUP BY ALL ORDER BY ALL
